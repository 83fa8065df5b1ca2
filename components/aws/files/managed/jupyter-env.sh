#!/bin/sh
# Read by the shell that starts JupyterLab, and by its terminals: the bucket's address, as jobs find it.
# shellcheck disable=SC2046 # one word: an address has no blanks
export $(grep ^LAB_BUCKET= /etc/mllab/lab.env)
