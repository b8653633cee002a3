// Asks the browser for a passkey where a page of ours offers one: the only script of these pages. Without it everything else works.
(() => {
  'use strict';

  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
  const text = buffer => buffer
    ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
    : undefined;
  const ids = list => (list || []).map(item => ({ ...item, id: bytes(item.id) }));

  const readOptions = json => {
    const options = JSON.parse(json);
    options.challenge = bytes(options.challenge);
    if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) options.excludeCredentials = ids(options.excludeCredentials);
    if (options.allowCredentials) options.allowCredentials = ids(options.allowCredentials);
    return options;
  };

  const writeCredential = credential => {
    const answer = credential.response;
    const response = { clientDataJSON: text(answer.clientDataJSON) };
    if (answer.attestationObject) {
      response.attestationObject = text(answer.attestationObject);
      response.transports = answer.getTransports ? answer.getTransports() : [];
    } else {
      response.authenticatorData = text(answer.authenticatorData);
      response.signature = text(answer.signature);
      response.userHandle = text(answer.userHandle);
    }

    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || undefined,
      clientExtensionResults: {},
      response,
    });
  };

  const explain = (error, isNew) => {
    if (error.name === 'InvalidStateError') return 'This device has a passkey for your account already.';
    if (error.name === 'NotAllowedError') return 'The passkey was not used: it was cancelled, took too long, or this device has none for this site.';
    if (error.name === 'SecurityError') return 'Passkeys work only at the address that this server is known by.';
    return isNew ? 'This browser could not make a passkey.' : 'This browser could not use a passkey.';
  };

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    if (!window.PublicKeyCredential) continue;
    const area = form.closest('[data-passkey-area]') || form;
    area.hidden = false;
    form.addEventListener('submit', async event => {
      event.preventDefault();
      const isNew = form.dataset.passkey === 'create';
      const button = form.querySelector('button[type=submit]');
      const message = form.querySelector('[data-passkey-message]');
      message.hidden = true;
      button.disabled = true;
      try {
        const publicKey = readOptions(form.dataset.options);
        const credential = isNew
          ? await navigator.credentials.create({ publicKey })
          : await navigator.credentials.get({ publicKey });
        form.elements.credential.value = writeCredential(credential);
        form.submit();
      } catch (error) {
        message.textContent = explain(error, isNew);
        message.hidden = false;
        button.disabled = false;
        button.focus();
      }
    });
  }
})();
