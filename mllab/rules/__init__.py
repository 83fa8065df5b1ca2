"""What a lab must keep to, judged on the resources that its program declares; no cloud is asked."""
