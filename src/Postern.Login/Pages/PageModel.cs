namespace Postern.Login.Pages;

/// <summary>What every page needs; filled in when it is written.</summary>
public abstract class PageModel
{
    /// <summary>Proves that a form was shown by us to this browser and person.</summary>
    public string FormToken { get; set; } = "";

    /// <summary>The product name of the deployment.</summary>
    public string Deployment { get; set; } = "";
}
