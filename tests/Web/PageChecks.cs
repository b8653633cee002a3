using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>What every page must offer to people who cannot see it, or not well (WCAG 2.2), asked of the living page.</summary>
internal static class PageChecks
{
    /// <summary>The script answers with one sentence for each fault; it runs from outside, so the page's policy stays as it is.</summary>
    private const string Script = """
        () => {
          const faults = [];
          const visible = e => e.checkVisibility() && e.getClientRects().length > 0; // Not so inside closed details.
          const spoken = ids => (ids || '').split(' ').map(id => (document.getElementById(id) || {}).innerText || '').join(' ').trim();
          const name = e => (e.getAttribute('aria-label') || spoken(e.getAttribute('aria-labelledby')) || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.alt || '').trim();
          if (document.documentElement.lang !== 'en') faults.push('no language');
          if (!document.title) faults.push('no title');
          if (document.querySelectorAll('h1').length !== 1) faults.push('not exactly one h1');
          if (document.querySelectorAll('main').length !== 1) faults.push('not exactly one main');
          for (const mark of ['header', 'footer']) if (document.querySelectorAll('body > ' + mark).length !== 1) faults.push('not exactly one ' + mark);
          const navs = [...document.querySelectorAll('nav')].map(name);
          if (navs.some(n => !n) || new Set(navs).size !== navs.length) faults.push('navigations without a name of their own: ' + navs);
          if ((document.querySelector('a[href],button,input:not([type=hidden]),summary') || document.body).getAttribute('href') !== '#content') faults.push('no way to skip to the content');
          const tops = new Set([...document.querySelectorAll('.tabs li')].map(e => e.offsetTop));
          if (tops.size > 1 && document.documentElement.clientWidth > 1000) faults.push('the tabs take more than a line');
          let level = 0;
          for (const h of document.querySelectorAll('h1,h2,h3,h4')) {
            const l = Number(h.tagName[1]);
            if (l > level + 1) faults.push('heading level jumps at ' + h.innerText);
            level = l;
          }
          for (const e of document.querySelectorAll('input:not([type=hidden]),select,textarea,button,summary,a[href]'))
            if (visible(e) && !name(e)) faults.push('no name: ' + e.outerHTML);
          for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt')) faults.push('no alt: ' + e.outerHTML);
          const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
          if (new Set(ids).size !== ids.length) faults.push('ids repeat');
          for (const e of document.querySelectorAll('[aria-describedby],[aria-labelledby]'))
            for (const id of ((e.getAttribute('aria-describedby') || '') + ' ' + (e.getAttribute('aria-labelledby') || '')).split(' '))
              if (id && !document.getElementById(id)) faults.push('refers to nothing: ' + id);
          if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push('scrolls sideways');
          for (const e of document.querySelectorAll('button,input:not([type=hidden]),a.button'))
            if (visible(e) && e.getBoundingClientRect().height < 24) faults.push('too small to hit: ' + e.outerHTML);
          const rgb = s => (s.match(/[\d.]+/g) || []).map(Number);
          const light = c => { const f = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
            return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
          const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
          for (const e of document.querySelectorAll('body *')) {
            if (!visible(e) || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
            const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5) faults.push('contrast ' + ((a + 0.05) / (b + 0.05)).toFixed(2) + ': ' + e.innerText.slice(0, 40));
          }
          for (const e of document.querySelectorAll('[placeholder]')) {
            const s = getComputedStyle(e, '::placeholder');
            const [a, b] = [light(rgb(s.color)), light(ground(e))].sort((x, y) => y - x);
            if (visible(e) && ((a + 0.05) / (b + 0.05) < 4.5 || s.opacity !== '1')) faults.push('contrast of the placeholder ' + e.placeholder);
          }
          return faults;
        }
        """;

    /// <summary>Begins before the first control, notes what gets the focus and whether it shows, and answers how many controls there are.</summary>
    private const string Watch = """
        () => {
          window.seen = new Map();
          window.controls = [...document.querySelectorAll('input:not([type=hidden]),select,textarea,button,summary,a[href]')]
            .filter(e => e.checkVisibility() && e.getClientRects().length > 0 && !e.disabled && !(e.type === 'radio' && !e.checked));
          document.body.tabIndex = -1;
          document.body.focus();
          document.body.removeAttribute('tabindex');
          document.addEventListener('focusin', event => {
            const s = getComputedStyle(event.target);
            seen.set(event.target, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2);
          });
          return controls.length;
        }
        """;

    /// <summary>One sentence for each control that was not reached or whose focus did not show. Of a group of radio buttons the chosen one is reached.</summary>
    private const string Watched = """
        () => [
          ...controls.filter(e => !seen.has(e)).map(e => 'not reached by the keyboard: ' + e.outerHTML.slice(0, 90)),
          ...[...seen].filter(([, shows]) => !shows).map(([e]) => 'focus cannot be seen: ' + e.outerHTML.slice(0, 90)),
        ]
        """;

    public static async Task AssertAccessibleAsync(this IPage page) => Assert.Empty(await page.FindFaultsAsync());

    public static async Task<string[]> FindFaultsAsync(this IPage page)
    {
        // Half a page has half of what is asked for.
        await page.WaitForLoadStateAsync();
        return await page.EvaluateAsync<string[]>(Script);
    }

    /// <summary>Walks through the page with the tabulator alone: every control is reached, shows that it has the focus, and lets it go.</summary>
    public static async Task AssertWalkableAsync(this IPage page) => Assert.Empty(await page.FindObstaclesAsync());

    public static async Task<string[]> FindObstaclesAsync(this IPage page)
    {
        // All the same key, so that none has to wait for the one before.
        var controls = await page.EvaluateAsync<int>(Watch);
        await Task.WhenAll(Enumerable.Range(0, controls).Select(_ => page.Keyboard.PressAsync("Tab")));
        return await page.EvaluateAsync<string[]>(Watched);
    }
}
