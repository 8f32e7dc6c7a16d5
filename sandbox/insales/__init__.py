"""A stand-in of InSales."""
