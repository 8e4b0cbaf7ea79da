# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP with its windows open: executes the Python in /case/request, writes its `answer` to /case/answer."""

import json
import os
import time

from gi.repository import Gegl, Gimp

while True:
    if os.path.exists("/case/request"):
        with open("/case/request") as file:
            code = file.read()
        os.remove("/case/request")
        names = {"Gimp": Gimp, "Gegl": Gegl}
        try:
            exec(code, names)
            answer = {"answer": names["answer"]}
        except Exception as error:
            answer = {"error": repr(error)}
        with open("/case/answer.new", "w") as file:
            json.dump(answer, file)
        os.rename("/case/answer.new", "/case/answer")
    time.sleep(0.05)
