"""What the templates of coaching can say."""
