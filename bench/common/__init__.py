"""What every measurement needs: environments, processes, the machine, pages of documentation."""
