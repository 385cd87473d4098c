"""The script that Streamlit runs for every visitor, again at every click."""

from app.navigation import main

main()
