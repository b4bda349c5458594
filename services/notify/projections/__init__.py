"""What notify keeps of other services' events: pure folds that give the same result in any order and on any replay."""
