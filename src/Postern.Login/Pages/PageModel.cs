namespace Postern.Login.Pages;

/// <summary>What every page needs; filled in when it is written.</summary>
public abstract class PageModel
{
    /// <summary>Proves that a form was shown by us to this browser and person.</summary>
    public string FormToken { get; set; } = "";

    /// <summary>The product name of the deployment.</summary>
    public string Deployment { get; set; } = "";

    /// <summary>Whether the page asks for a passkey, which only a script can do; every other page runs none.</summary>
    public virtual bool HasScript => false;
}
