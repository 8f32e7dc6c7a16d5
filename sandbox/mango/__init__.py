"""A stand-in of Mango Office's virtual PBX, built from the vendor's reference alone."""
