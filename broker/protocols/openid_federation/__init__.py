"""OpenID Federation 1.0: what the federation endpoints answer, and services that come by a trust chain."""
