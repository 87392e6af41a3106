"""What can be asked of a network: functions of a `Network` and images, without files and without printing."""
