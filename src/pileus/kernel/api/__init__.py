"""Resources declared once: routes, validation, versions, faults, documents."""
