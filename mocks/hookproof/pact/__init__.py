"""Pact: the vendor is the consumer of a receiver's HTTP interface, and the provider of the messages it sends."""
