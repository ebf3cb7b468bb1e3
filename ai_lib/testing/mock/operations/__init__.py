"""The mock provider's side of operations beside chat, by the same shapes that the client uses."""
