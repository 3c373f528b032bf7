"""What ties alo_nb to one kernel: its cells, its session, and what it shows."""
