"""The JSON API `/api/v1`: the register and its changes for programs, on the same functions as the portal and the console."""
