"""EnterpriseData: messages between the base and a node of its plan of exchange, by the web service that the standard library has for it."""
