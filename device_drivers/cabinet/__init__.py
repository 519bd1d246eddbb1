"""The cabinet (机柜): lights, door, tamper switch, fan and temperature on a Modbus board."""
