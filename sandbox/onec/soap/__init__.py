"""Web services of a base: the exchange of EnterpriseData, and a service such as shops have written for them."""
