"""SOQL as a pure library: parse, evaluate against a record, render. No I/O, no clock.

Used by the policy reader, the core, the Salesforce client and the emulator. `parse(text)` and `parse_condition(text)`
raise `SoqlSyntaxError` for whatever the org would answer with MALFORMED_QUERY; `str(tree)` is SOQL again.
"""
