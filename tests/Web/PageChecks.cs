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
          const name = e => (e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.alt || '').trim();
          if (document.documentElement.lang !== 'en') faults.push('no language');
          if (!document.title) faults.push('no title');
          if (document.querySelectorAll('h1').length !== 1) faults.push('not exactly one h1');
          if (document.querySelectorAll('main').length !== 1) faults.push('not exactly one main');
          let level = 0;
          for (const h of document.querySelectorAll('h1,h2,h3,h4')) {
            const l = Number(h.tagName[1]);
            if (l > level + 1) faults.push('heading level jumps at ' + h.innerText);
            level = l;
          }
          for (const e of document.querySelectorAll('input:not([type=hidden]),button,a[href]'))
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
          return faults;
        }
        """;

    public static async Task AssertAccessibleAsync(this IPage page)
    {
        // Half a page has half of what is asked for.
        await page.WaitForLoadStateAsync();
        Assert.Empty(await page.EvaluateAsync<string[]>(Script));
    }
}
