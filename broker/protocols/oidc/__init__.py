"""OpenID Provider and OAuth 2 authorization server. A module an endpoint; grants and client authentication are tables."""
