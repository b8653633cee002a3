using System.CommandLine;

var root = new RootCommand("Runs and looks after a Postern server.");
return await root.Parse(args).InvokeAsync();
