"""SAML 2.0 identity provider: single sign-on and single logout, as values."""
