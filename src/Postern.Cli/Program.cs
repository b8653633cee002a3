using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;

return await CommandRunner.RunAsync(args, CliHost.ForThisProcess());
