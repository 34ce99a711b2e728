"""How mail comes into the house: a listener for mail servers, and a look into mailboxes elsewhere."""
