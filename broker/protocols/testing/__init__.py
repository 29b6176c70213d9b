"""Test logins: what a team chooses, what is answered on purpose wrongly, and what is kept of each run."""
