"""What is declared: the six roles of a lab, once per cloud.

Importing this package imports no SDK.
"""
