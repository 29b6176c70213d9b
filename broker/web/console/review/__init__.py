"""The pages of log review and of the duties of those who answer for data: `/granskning`."""
