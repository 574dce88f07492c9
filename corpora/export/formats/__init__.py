"""The formats that records leave in; one file and one entry point each."""
