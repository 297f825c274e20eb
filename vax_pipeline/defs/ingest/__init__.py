"""Raw tables, their gates and the sensor that watches the landing folder."""
