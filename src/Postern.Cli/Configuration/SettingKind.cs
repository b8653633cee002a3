namespace Postern.Cli.Configuration;

/// <summary>What a setting may hold.</summary>
internal enum SettingKind
{
    Text,
    Url,
    Switch,
    Number,
    List,
}
