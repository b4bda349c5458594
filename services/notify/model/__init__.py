"""What notify thinks in, pure: people, deliveries, and leads as digests count them."""
