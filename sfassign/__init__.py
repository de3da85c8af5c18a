"""sfassign hands every unassigned Salesforce record to the best available person, fairly, and says why."""
