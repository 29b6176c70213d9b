"""Pages and endpoints of the test issuer, where they differ from those of the other."""
