"""Care's registers in service: blocks, consents, relations, emergency access, decisions and cases, the same for every front."""
