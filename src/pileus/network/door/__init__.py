"""The door for other services: `service.Network`, fulfilled."""
