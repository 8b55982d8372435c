"""An honest verdict on a receiver, from outside and in any language."""
