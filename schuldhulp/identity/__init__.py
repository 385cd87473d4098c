"""The login relay: an OpenID provider for the cockpit, and a client of DigiD, eHerkenning and staff login.

Streamlit keeps all claims of a login in a cookie that anybody at that computer can read. So the cockpit never logs in
at a broker itself: the relay does, keeps the BSN, and gives the cockpit a random ``sub`` and the level of the login.
"""
