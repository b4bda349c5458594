"""What notify does: tell, send, freeze, and keep addresses and read marks."""
