"""What every stand-in has: a server, faults on demand, a certificate, the weather on the way of webhooks, and how a test controls it all."""
