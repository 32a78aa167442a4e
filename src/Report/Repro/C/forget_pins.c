//needs io_uring
/* A child has its parent's rings open, but no pins: those are the parent's. */
static void forget_pins(void)
{
	for (int pin = 0; pin < PINS; pin++) {
		if (pins[pin].ring > 0) close(pins[pin].ring);
		pins[pin].ring = 0;
	}
}
