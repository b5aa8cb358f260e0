"""The reshaper: inventories and allocations moved between providers in one step."""
