"""Webhooks: what happens is told, signed, again and again until it is taken, and never to an inner address."""

import socket
import ssl
import time
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from access.refusals import Invalid, NotFound, NotReady
from telephony.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from telephony.services import campaigns, webhook_sending, webhook_wire, webhooks
from telephony.services.transmissions import create_transmission, delete_transmission
from telephony.services.webhook_events import Event, audience_of, publish
from telephony.services.webhook_sending import WAITS, deliver_due, wait_after
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _this_machine_may_receive(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def hook(owner, receiver):
    """An endpoint of the owner's, at the receiver."""
    return webhooks.create_webhook(owner=owner, url=receiver.url)[0]


def tell(owner, count=1, **data):
    publish([Event(audience_of(owner.pk), "campaign.changed", f"campaign:{at}", data) for at in range(count)])


def let_time_pass():
    WebhookDelivery.objects.filter(status="pending").update(due_at=Now(), lease_until=None)


def the_delivery():
    return WebhookDelivery.objects.latest("pk")


def test_a_message_is_signed_in_the_standard_form(owner, receiver, hook):
    tell(owner, name="spring")
    assert deliver_due() == 1

    [request] = receiver.requests
    said = request.verify(hook.secret)
    assert (said["type"], said["data"]) == ("campaign.changed", {"name": "spring"})
    assert said["timestamp"].endswith("Z")
    assert request.headers["webhook-id"] == f"msg_{the_delivery().message_id.hex}"
    assert request.headers["content-type"] == "application/json"
    assert hook.secret.startswith("whsec_")
    assert (the_delivery().status, the_delivery().tries, the_delivery().due_at) == ("delivered", 1, None)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.code, attempt.response) == (200, "thank you")
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.new_secret()).verify(request.body, request.headers)


def test_two_secrets_sign_while_the_receiver_changes_over_and_then_only_the_new_one(owner, receiver, hook):
    old = hook.secret
    new = webhooks.rotate_secret(endpoint=hook, by=owner)
    tell(owner)
    deliver_due()
    assert new != old
    assert receiver.requests[0].verify(old) == receiver.requests[0].verify(new)

    WebhookEndpoint.objects.update(old_secret_until=timezone.now())
    tell(owner)
    deliver_due()
    assert receiver.requests[1].verify(new)
    with pytest.raises(WebhookVerificationError):
        receiver.requests[1].verify(old)


def test_secrets_are_encrypted_in_the_database(hook):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM telephony_webhookendpoint")
        assert "whsec_" not in cursor.fetchone()[0]


def test_what_failed_is_sent_again_with_the_same_id_and_text(owner, receiver, hook):
    receiver.answers = [500, 200]
    tell(owner)
    assert deliver_due() == 1
    waits = the_delivery().due_at - timezone.now()
    assert (the_delivery().status, the_delivery().response) == ("pending", "HTTP 500")
    assert timedelta(seconds=3) < waits < timedelta(seconds=7)
    assert deliver_due() == 0

    let_time_pass()
    assert deliver_due() == 1
    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (the_delivery().status, the_delivery().tries) == ("delivered", 2)
    assert WebhookEndpoint.objects.get().failures == 0


def test_retries_spread_over_three_days_and_never_at_the_same_moment():
    planned = [wait_after(tries) for tries in range(len(WAITS))]
    assert timedelta(days=2.5) < timedelta(seconds=sum(planned)) < timedelta(days=4)
    assert wait_after(len(WAITS)) is None
    assert len({wait_after(3) for _ in range(20)}) == 20
    assert wait_after(0, asked=600) == 600
    assert wait_after(0, asked=10**7) == 86_400


def test_a_receiver_may_ask_to_be_left_alone_for_a_while(owner, receiver, hook):
    receiver.answers, receiver.headers = [503], {"Retry-After": "900"}
    tell(owner)
    deliver_due()
    assert the_delivery().due_at - timezone.now() > timedelta(seconds=890)


def test_a_receiver_that_is_gone_for_good_is_told_nothing_more(owner, receiver, hook):
    receiver.answers = [410]
    tell(owner, 3)
    deliver_due()
    tell(owner)

    hook.refresh_from_db()
    assert (hook.active, hook.why_off) == (False, "the receiver answered 410: it is gone for good")
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"failed"}
    assert WebhookDelivery.objects.count() == 3
    assert deliver_due() == 0


def test_a_receiver_that_takes_nothing_for_three_days_is_switched_off_with_the_reason(owner, receiver, hook):
    receiver.answers = [500]
    tell(owner)
    WebhookDelivery.objects.update(tries=len(WAITS))
    deliver_due()

    hook.refresh_from_db()
    assert (hook.active, hook.why_off) == (False, webhook_sending.GIVEN_UP)
    assert the_delivery().status == "failed"


def test_one_message_that_nobody_takes_does_not_switch_off_a_receiver_that_takes_others(owner, receiver, hook):
    receiver.answers = [500, 200, 500]
    tell(owner)
    deliver_due()
    tell(owner)
    deliver_due()
    WebhookDelivery.objects.filter(status="pending").update(tries=len(WAITS), due_at=Now())
    deliver_due()

    hook.refresh_from_db()
    assert hook.active
    assert sorted(WebhookDelivery.objects.values_list("status", flat=True)) == ["delivered", "failed"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(owner, receiver, hook, status):
    receiver.answers, receiver.headers = [status, 200], {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    tell(owner)
    assert deliver_due() == 1
    assert [request.path for request in receiver.requests] == ["/hook"]
    assert the_delivery().response == f"HTTP {status}: redirects are not followed"


def test_a_receiver_that_hangs_is_left_in_time(owner, monkeypatch):
    monkeypatch.setattr(webhook_wire, "READ", 0.3)
    with Receiver(hangs=5) as receiver:
        webhooks.create_webhook(owner=owner, url=receiver.url)
        tell(owner)
        began = time.monotonic()
        deliver_due()
        assert time.monotonic() - began < 2
    assert "no answer within" in the_delivery().response


def test_a_receiver_that_answers_a_byte_at_a_time_is_left_in_time(owner, monkeypatch):
    monkeypatch.setattr(webhook_wire, "TOTAL", 1.0)
    with Receiver(drips=True) as receiver:
        webhooks.create_webhook(owner=owner, url=receiver.url)
        tell(owner)
        began = time.monotonic()
        deliver_due()
        assert time.monotonic() - began < 3
    assert the_delivery().status == "pending"
    assert "within 1 s" in the_delivery().response


def test_nobody_listening_is_said_in_words(owner):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        webhooks.create_webhook(owner=owner, url=f"http://127.0.0.1:{taken.getsockname()[1]}/")
        tell(owner)
        deliver_due()
    assert the_delivery().response == "cannot connect: Connection refused"


def test_a_dead_receiver_holds_up_nobody_else(owner, receiver, hook, monkeypatch):
    monkeypatch.setattr(webhook_wire, "READ", 1.0)
    with Receiver(hangs=30) as dead:
        webhooks.create_webhook(owner=owner, url=dead.url, description="dead")
        tell(owner, 40)
        began = time.monotonic()
        webhook_sending.ROUND, kept = 0.8, webhook_sending.ROUND
        try:
            deliver_due()
        finally:
            webhook_sending.ROUND = kept
        assert len(receiver.requests) == 40
        assert time.monotonic() - began < 4
        assert dead.most_at_once <= webhook_sending.PER_ENDPOINT
    assert receiver.most_at_once <= webhook_sending.PER_ENDPOINT


def test_a_receiver_that_failed_is_tried_with_one_message_at_a_time(owner, receiver, hook):
    WebhookEndpoint.objects.update(failures=1)
    tell(owner, 5)
    assert len(webhook_sending.claim(16)) == 1
    assert webhook_sending.claim(16) == []


def test_what_a_worker_took_and_never_sent_is_sent_when_its_lease_is_over(owner, receiver, hook):
    tell(owner)
    assert len(webhook_sending.claim(16)) == 1
    assert deliver_due() == 0
    WebhookDelivery.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
    assert deliver_due() == 1
    assert len(receiver.requests) == 1


def test_what_was_rolled_back_is_never_told(owner, receiver, hook):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(owner)
        1 / 0  # noqa: B018
    assert deliver_due() == 0


def test_nothing_is_written_where_nobody_listens(owner, make_user, receiver, hook):
    tell(make_user())
    webhooks.update_webhook(endpoint=hook, by=owner, event_types=["transmission.finished"])
    tell(owner)
    assert not WebhookMessage.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[::]/",
        "https://0.0.0.0/",
        "https://0/",
        "https://10.1/",
        "https://127.1:8443/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://127.0.0.1./",
        "https://224.0.0.1/",
        "https://localhost/",
        "https://localhost./",
        "https://hooks.localhost/",
        "http://example.com/",
        "ftp://example.com/",
        "https://user:word@example.com/",
        "https://example.com/#x",
        "https://example.com:99999/",
        "https:///nohost",
        "https://exa mple.com/",
        "https://example.com/\r\nx: y",
        "no address",
        "",
    ],
)
def test_an_address_that_no_webhook_may_have_is_refused_by_name(owner, settings, url):
    settings.WEBHOOK_PRIVATE_HOSTS = []
    with pytest.raises(Invalid) as no:
        webhooks.create_webhook(owner=owner, url=url)
    assert no.value.field == "url"
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("url", ["https://example.com/hook?a=1", "https://8.8.8.8:8443/", "http://127.0.0.1:9/"])
def test_a_public_or_a_listed_address_is_taken(owner, url):
    assert webhooks.create_webhook(owner=owner, url=url)[0].url == url


def resolves_to(monkeypatch, *answers):
    """Let every name resolve to the next of these, the last for ever; returns how often somebody asked."""
    asked, real = [], socket.getaddrinfo

    def resolve(host, port, *rest, **more):
        try:
            ip_address(host)
        except ValueError:
            asked.append(host)
            found = answers[min(len(asked), len(answers)) - 1]
            return [info for each in found for info in real(each, port, type=socket.SOCK_STREAM)]
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize("found", [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"]])
def test_a_name_that_resolves_to_an_inner_address_is_not_connected_to(owner, receiver, settings, monkeypatch, found):
    settings.WEBHOOK_PRIVATE_HOSTS = []
    resolves_to(monkeypatch, found)
    webhooks.create_webhook(owner=owner, url=f"https://inner.example:{receiver.port}/")
    tell(owner)
    deliver_due()

    assert receiver.requests == []
    assert the_delivery().response == "inner.example is not at a public address"


def test_a_name_that_changes_after_the_look_gains_nothing(settings, monkeypatch):
    """DNS is asked once: the connection goes to the address that was looked at, not to what the name is by then."""
    settings.WEBHOOK_PRIVATE_HOSTS = []
    monkeypatch.setattr(webhook_wire, "CONNECT", 0.2)
    connected = []
    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: (connected.append(to), real(self, ("127.0.0.1", 9))))
    asked = resolves_to(monkeypatch, ["203.0.114.7"], ["127.0.0.1"])

    answer = webhook_wire.post(
        url="https://turns.example/", body="{}", message_id="msg_1", secrets=[webhooks.new_secret()]
    )
    assert (asked, answer.code) == (["turns.example"], None)
    assert [address[:2] for address in connected] == [("203.0.114.7", 443)]


def certificate(name, tmp_path):
    """A certificate that vouches for itself; its file is the list of those to trust too."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = timezone.now()
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return file


@pytest.mark.parametrize(("name", "code"), [("hooks.example", 200), ("other.example", None)])
def test_over_tls_the_certificate_must_be_the_names(settings, monkeypatch, tmp_path, name, code):
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.0/8"]
    file = certificate(name, tmp_path)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(file)
    ours = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(webhook_wire, "_tls", lambda: ours)
    resolves_to(monkeypatch, ["127.0.0.1"])
    with Receiver(tls=theirs) as receiver:
        answer = webhook_wire.post(
            url=f"https://hooks.example:{receiver.port}/",
            body="{}",
            message_id="msg_1",
            secrets=[webhooks.new_secret()],
        )
        assert answer.code == code
        assert len(receiver.requests) == (code is not None)
        if code:
            assert receiver.requests[0].headers["host"] == f"hooks.example:{receiver.port}"


def test_a_message_can_be_sent_again_by_hand(owner, receiver, hook):
    tell(owner)
    deliver_due()
    webhooks.resend(delivery=the_delivery())
    deliver_due()

    assert len(receiver.requests) == 2
    assert receiver.requests[0].headers["webhook-id"] == receiver.requests[1].headers["webhook-id"]
    webhooks.switch_off(endpoint=hook, by=owner, why="holiday")
    with pytest.raises(NotReady):
        webhooks.resend(delivery=the_delivery())
    webhooks.delete_webhook(endpoint=hook, by=owner)
    with pytest.raises(NotFound):
        webhooks.resend(delivery=the_delivery())


def test_what_waits_ends_when_the_webhook_is_switched_off_and_news_come_again_when_it_is_on(owner, receiver, hook):
    tell(owner)
    webhooks.switch_off(endpoint=hook, by=owner, why="holiday")
    tell(owner)
    webhooks.switch_on(endpoint=hook, by=owner)
    tell(owner)
    deliver_due()
    statuses = list(WebhookDelivery.objects.order_by("pk").values_list("status", "response"))
    assert statuses == [("failed", "holiday"), ("delivered", "HTTP 200")]


def test_a_trial_message_reaches_an_endpoint_whatever_it_asks_for(owner, receiver, hook):
    webhooks.update_webhook(endpoint=hook, by=owner, event_types=["campaign.changed"])
    webhooks.send_test(endpoint=hook)
    deliver_due()
    assert receiver.requests[0].said["type"] == "webhook.test"


def test_an_event_that_does_not_exist_is_refused(owner, hook):
    with pytest.raises(Invalid) as no:
        webhooks.update_webhook(endpoint=hook, by=owner, event_types=["lead.eaten"])
    assert no.value.field == "event_types"


def test_old_messages_are_forgotten_but_not_what_is_on_its_way(owner, receiver, hook):
    tell(owner, 3)
    deliver_due()
    tell(owner)
    WebhookMessage.objects.update(created_at=timezone.now() - timedelta(days=40))
    tell(owner)
    assert webhooks.prune() == 3
    assert WebhookDelivery.objects.count() == WebhookMessage.objects.count() == 2
    assert webhooks.prune() == 0


def test_the_owner_hears_of_campaigns_and_of_what_ended(owner, receiver, hook, campaign_of, engine):
    campaign = campaign_of(["+447700900001", "+12025550100"])
    engine.dial(campaign)
    engine.tick()
    campaigns.stop_campaign(campaign=campaign, by=owner)
    deliver_due()

    said = [request.said for request in receiver.requests]
    states = {each["data"]["status"] for each in said if each["type"] == "campaign.changed"}
    ended = {each["data"]["phone"]: each["data"]["status"] for each in said if each["type"] == "transmission.finished"}
    assert states == {"ready", "running", "completed"}
    assert ended == {"+447700900001": "completed", "+12025550100": "failed"}


def test_what_was_refused_without_an_attempt_is_told_too(owner, receiver, hook, program, engine):
    row = create_transmission(owner=owner, program=program, phone="+447700900001")
    delete_transmission(transmission=row, by=owner)
    deliver_due()
    [request] = receiver.requests
    assert request.said["data"]["status"] == "invalid"
    assert request.said["data"]["response"] == "the transmission was deleted"


def test_the_tick_finds_what_waits(owner, receiver, hook, engine):
    assert not engine.tick().webhooks
    tell(owner)
    assert engine.tick().webhooks


def test_a_thousand_finishes_cost_no_more_queries_than_one(owner, hook, django_assert_num_queries):
    with django_assert_num_queries(1):
        tell(owner, 1000)
    assert WebhookDelivery.objects.count() == 1000
