"""What tests of any room share. Ships with the package, so that another package's services can use it too."""
