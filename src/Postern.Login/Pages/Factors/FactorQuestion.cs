namespace Postern.Login.Pages.Factors;

/// <summary>Why a second factor is asked for, and where the answer goes.</summary>
/// <param name="Title">The headline.</param>
/// <param name="Reason">What comes before the instruction; empty or a sentence with a space at its end.</param>
/// <param name="FormAction">Where the form goes.</param>
/// <param name="ReturnUrl">Where to go afterwards; safe.</param>
internal sealed record FactorQuestion(string Title, string Reason, string FormAction, string ReturnUrl);
