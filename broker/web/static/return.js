// Sends the form of the page that returns to a service. A field may be named "submit", so the method is taken from the prototype.
HTMLFormElement.prototype.submit.call(document.getElementById("return"));
