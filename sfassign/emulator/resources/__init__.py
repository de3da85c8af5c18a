"""The REST resources, one file each. Every one is a function from `Call` to `Reply`; refusals are raised."""
