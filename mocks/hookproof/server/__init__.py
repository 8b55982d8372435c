"""The mock vendor server: every vendor's set-up and delivery behaviour, played from its contract."""
