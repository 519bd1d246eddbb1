"""The server that runs a fleet of kiosks: truth in the database, MQTT as doorbell and uplink."""
