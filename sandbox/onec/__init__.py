"""A stand-in of a 1C base: OData, CommerceML, EnterpriseData and web services over one set of documents."""
